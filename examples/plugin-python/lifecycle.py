"""The resource of the interface `lifecycle`: componentize-py looks for it in a module of the interface's name."""


class Session:
    """What a plugin remembers about one request."""

    def __init__(self, context):
        self.masked = 0
