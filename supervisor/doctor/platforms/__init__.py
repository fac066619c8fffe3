"""Services as each platform writes them down."""
