"""``python -m course_lib.data`` puts MNIST in its place; the exit status says whether it is there."""

from course_lib.data.files import MNIST, DataError, load_arrays


def main():
    """Download MNIST if need be, check it, and say where it is."""
    try:
        load_arrays(MNIST)
    except DataError as error:
        print(error)
        return 1
    print(f"MNIST is at {MNIST.path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
