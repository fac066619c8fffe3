"""Fresh workers under load: who offers them, what it costs those who ask meanwhile."""
