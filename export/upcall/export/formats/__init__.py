"""What a bundle's model may be, behind one port."""
