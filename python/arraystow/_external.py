"""Objects that only a Rust program reads."""


class External:
    """An object that a serializer of a Rust program keeps in files beside the document. Only that program reads it."""

    def __init__(self, id: str, path: str) -> None:
        self.id, self.path = id, path

    def __repr__(self) -> str:
        return f"<arraystow.External {self.id} at {self.path}>"
