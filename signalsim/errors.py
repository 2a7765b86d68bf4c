"""The one exception for a user's mistake: the command line turns it into exit code 3."""


class InputError(ValueError):
    """Something in the input is wrong; the message names place, value and the way out.

    The message is one line such as
    ``scenarios/x/counts.csv, row 12, column 'count': -3 is negative; give 0 or more, or leave it empty``.
    """
