"""Edits with images in: what is asked, cutting out, new scenes, colours, treatments, masks. By rule, on pixels."""
