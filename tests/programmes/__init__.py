"""The ready-made programmes, played against tables computed by hand from public rules."""
