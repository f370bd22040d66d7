"""An exception that raises another one, without end, when somebody looks at it."""

# %% scratch after=setup-checks
class Hostile(BaseException):
    def __str__(self):
        raise Hostile

    __repr__ = __getattr__ = __eq__ = __str__


raise Hostile
