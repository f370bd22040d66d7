from helpers.fixtures import no_callbacks_on_garbage, pytest_collection_modifyitems, timeouts_count

__all__ = ["no_callbacks_on_garbage", "pytest_collection_modifyitems", "timeouts_count"]
