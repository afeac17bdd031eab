import pytest

from densecell.cli.waiting import wait_asleep


def test_threads_sleep_soon():
    environ = {}

    wait_asleep(environ)

    assert environ == {"GOMP_SPINCOUNT": "10000"}


@pytest.mark.parametrize("name", ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME"])
def test_what_the_user_chose_stays(name):
    environ = {name: "1"}

    wait_asleep(environ)

    assert environ == {name: "1"}
