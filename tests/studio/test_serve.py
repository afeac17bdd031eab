import pytest

pytest.importorskip("uvicorn")

from densecell.errors import ConfigError, ServerError
from densecell.studio.serve import checked_base, listening


def test_a_port_in_use_is_refused_with_the_way_out():
    with listening(0) as found:
        port = found.getsockname()[1]
        with (
            pytest.raises(ServerError, match=f"port {port} is in use; choose another"),
            listening(port),
        ):
            pass


def test_a_prefix_that_is_no_path_is_refused():
    with pytest.raises(ConfigError, match="expected a path such as /studio/"):
        checked_base("a b?c")
