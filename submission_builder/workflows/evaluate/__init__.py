"""The verb ``evaluate``: replay a submission zip on a release, as the server would, and score its predictions."""
