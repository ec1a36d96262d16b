// What Debian's Swift runtime, compiled for a newer C library, asks of bookworm's by names that came later. The standard of
// 2023 reads "0b11" as a number too, which nothing here writes.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
long long __isoc23_strtoll(const char *text, char **end, int base) { return strtoll(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }

int __isoc23_sscanf(const char *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int found = vsscanf(text, format, arguments);
    va_end(arguments);
    return found;
}

size_t strlcpy(char *to, const char *from, size_t size) {
    if (size > 0) {
        *to = 0;
        strncat(to, from, size - 1);
    }
    return strlen(from);
}

size_t strlcat(char *to, const char *from, size_t size) {
    size_t length = strnlen(to, size);
    return length + strlcpy(to + length, from, size - length);
}
