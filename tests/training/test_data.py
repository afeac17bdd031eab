import pytest

from densecell.errors import ConfigError
from densecell.training import load_data


@pytest.mark.parametrize(("missing", "left"), [("train", 1), ("eval", 0)])
def test_a_project_needs_volumes_to_learn_from_and_to_choose_on(
    tmp_path, write_project, missing, left
):
    project = write_project(tmp_path)
    project = project.model_copy(update={"volumes": (project.volumes[left],)})
    with pytest.raises(ConfigError) as caught:
        load_data(project, tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'project.yaml'}: no volume has role {missing}; training needs "
        "one to learn from (train) and one to validate on (eval)"
    )
