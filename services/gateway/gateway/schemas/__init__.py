"""The shapes of requests and answers, as the API documents them."""
