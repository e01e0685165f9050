// The C library's module leaves this header out.
#include <sys/timex.h>
