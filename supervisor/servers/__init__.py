"""One module or package per program that can be supervised. They describe and perform nothing."""
