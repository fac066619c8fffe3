"""PostgreSQL: how it is stopped, and what it lets a bystander see."""
