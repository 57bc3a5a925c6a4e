"""Everything the simulator models, driven with boto3, every answer held against botocore's model."""

import pytest

import drive


@pytest.mark.parametrize("name", sorted(drive.SEQUENCES))
def test_a_sequence_ends_as_documented_and_every_answer_is_in_the_model(name, driven, checked):
    before = len(checked.complaints)
    driven(name)
    assert sorted(set(checked.complaints[before:])) == []


def test_every_operation_that_is_simulated_was_answered_in_some_sequence(driven, simulated, checked):
    for name in drive.SEQUENCES:
        try:
            driven(name)
        except (AssertionError, drive.Unmodelled):
            pass  # Told by its own test.
    # Its token comes by mail: https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
    unanswerable = {("sns", "ConfirmSubscription")}
    missing = sorted(":".join(it) for it in simulated - checked.answered - unanswerable)
    assert missing == [], "no sequence drives these with success: add them to sequences_*.py"
    # Whoever has a key may ask who it is: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    # What takes no parameter refuses nobody but who may not ask.
    never = {
        ("devops-guru", "DescribeAccountHealth"),
        ("devops-guru", "DescribeServiceIntegration"),
        ("sts", "GetCallerIdentity"),
    }
    unrefused = sorted(":".join(it) for it in simulated - checked.refused - never)
    assert unrefused == [], "nothing provokes an error of these: add them to sequences_refused.py"
