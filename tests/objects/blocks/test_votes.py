import numpy as np

from densecell.objects.blocks.votes import believed, decided


def test_votes_decide_and_the_runner_up_is_kept():
    found = decided(np.array([[10, 30, 0], [5, 5, 0], [0, 0, 8]]))

    assert found.group.tolist() == [2, 1, 3]
    assert found.share.tolist() == [0.75, 0.5, 1.0]
    assert found.second.tolist() == [1, 2, 0]


def test_no_body_is_fine():
    none = np.zeros((0, 2), np.int64)

    assert len(decided(none).group) == len(decided(none, balanced=True).group) == 0
    assert believed(none.sum(axis=1), none.sum(axis=1)).tolist() == []


def test_a_body_that_half_the_networks_call_another_class_keeps_both_names():
    found = decided(np.array([[500, 500]]))

    assert (found.group[0], found.share[0], found.second[0]) == (1, 0.5, 2)


def test_doubtful_bodies_are_shared_out_as_their_probabilities_say():
    sure = [[0, 100]] * 6 + [[100, 0]] * 2
    doubtful = [[34, 66], [38, 62], [42, 58], [46, 54]]  # 1.6 of a
    votes = np.array(sure + doubtful)

    plain, fair = decided(votes), decided(votes, balanced=True)

    assert plain.group[8:].tolist() == [2, 2, 2, 2]
    assert fair.group[8:].tolist() == [2, 2, 1, 1]
    assert fair.group[:8].tolist() == plain.group[:8].tolist()
    assert fair.share[10], fair.second[10] == (0.42, 2)


def test_no_class_wins_with_less_than_half_of_the_votes_of_another():
    votes = np.array([[30, 70]] * 10)

    assert decided(votes, balanced=True).group.tolist() == [2] * 10


def test_the_order_of_bodies_does_not_matter():
    votes = np.random.default_rng(0).integers(0, 9999, (500, 4))
    order = np.random.default_rng(1).permutation(500)

    found = decided(votes, balanced=True).group

    assert decided(votes[order], balanced=True).group.tolist() == found[order].tolist()


def test_a_large_body_in_doubt_counts_for_less_than_a_small_one_that_is_sure():
    voxels = np.array([10_000, 20, 30])
    votes = voxels * np.array([250, 250, 180])

    counted = believed(votes, voxels)

    assert counted[1] > 19.9
    assert counted[2] < 0.1


def test_without_votes_every_voxel_counts():
    assert believed(np.zeros(2, np.int64), np.array([3, 4])).tolist() == [3.0, 4.0]
