"""What happened, told: the report is made from the journal and from nothing else that decides."""
