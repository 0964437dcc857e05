"""How is it shown? Tables, records, JSON, YAML, CSV. Sees decisions and plain values only."""
