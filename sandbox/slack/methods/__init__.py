"""The Web API's methods, by subject; `table.METHODS` is all of them."""
