"""What partners get back: marked workbooks, blank workbooks, receipts, reminders."""
