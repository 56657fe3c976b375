"""What an exercise says to an answer in a notebook that somebody handed in; runs in the notebook's kernel."""

import importlib
import json


def verdict(chapter, name, namespace):
    """Return the status and message of one exercise as JSON.

    Parameters
    ----------
    chapter, name : str
        The folder and the name of the exercise.
    namespace : dict
        The names that the notebook defined.

    Returns
    -------
    str
        A list of two texts. The status is "missing" if the notebook lacks a name that it should define.
    """
    exercise = getattr(importlib.import_module(f"course_lib.exercises.{chapter}"), name)
    try:
        answer = eval(exercise.answer, dict(namespace))
    except NameError as error:
        return json.dumps(["missing", f"The notebook defines no {error.name}."])
    said = exercise(answer)
    return json.dumps([said.status, said.message])
