"""Puts bundles and the app on an Android phone over adb, asks and measures it there. Its face is ``upcall deploy``."""
