"""The verbs of the ledger: history, record, calibration, rebuild."""
