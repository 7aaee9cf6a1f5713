"""From a release folder in BIDS layout to the windows of a challenge.

``folder`` lists the recordings → ``survey`` reads their headers → ``table`` cuts the windows → ``store`` decodes the
signals once → ``challenge_windows`` joins table and signals. ``open_windows`` runs these steps.
"""
