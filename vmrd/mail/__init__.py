"""Email to whoever booked: what it says (`letter`, `invitation`), whether it holds (`postman`), the server (`smtp`)."""
