"""Exercise checks, one module per chapter: ``from course_lib.exercises import linear_models as check``."""
