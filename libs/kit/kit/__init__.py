"""What every Leadline service needs and no domain knows: servers, channels, tokens, databases, errors."""
