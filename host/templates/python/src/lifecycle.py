"""The resource of the interface `lifecycle`: componentize-py looks for it in a module of that name."""


class Session:
    """One request. What a plugin remembers about it belongs here; this one remembers nothing."""

    def __init__(self, context):
        pass
