"""What every test may use. Rooms have their own fixtures beside their tests."""
