#!/bin/sh
# Stands before a command that does what it does: the call is recorded with its environment, as stands.py does it, and
# made. Most calls are such ones, and Python takes its time to start.
name=${0##*/}
printf '%s\0' "$name" "$@" >"/stand/recorded/$$"
/usr/bin/cat "/proc/$$/environ" >"/stand/recorded/$$.environment"
echo "$$" >>/stand/calls
exec "/usr/bin/$name" "$@"
