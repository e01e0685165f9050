// libxlsxwriter, found when it is first needed. Debian gives it as a shared library only, and one that is linked would have to be on
// every host the program is copied to. The functions' types come from the library's own header, and its soname is the one the
// header belongs to, so what is called is what was compiled against.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define CXLSX_EACH(X)                                                                                                                  \
    X(workbook_new_opt) X(workbook_add_worksheet) X(workbook_add_format) X(workbook_set_properties) X(workbook_close) X(lxw_strerror) \
    X(lxw_workbook_free)                                                                                                              \
    X(worksheet_write_string) X(worksheet_write_number) X(worksheet_write_boolean) X(worksheet_write_blank) X(worksheet_merge_range)  \
    X(worksheet_set_column) X(worksheet_set_row) X(worksheet_freeze_panes) X(worksheet_autofilter) X(worksheet_set_landscape)         \
    X(worksheet_set_portrait) X(worksheet_set_paper) X(worksheet_set_margins) X(worksheet_set_footer) X(worksheet_fit_to_pages)       \
    X(worksheet_repeat_rows) X(worksheet_print_area) X(worksheet_hide) X(worksheet_activate) X(worksheet_set_first_sheet)             \
    X(worksheet_protect) X(worksheet_data_validation_range) X(format_set_bold) X(format_set_italic) X(format_set_font_size)           \
    X(format_set_font_color) X(format_set_bg_color) X(format_set_border) X(format_set_border_color) X(format_set_align)               \
    X(format_set_text_wrap) X(format_set_num_format) X(format_set_unlocked)

#define CXLSX_MEMBER(name) __typeof__(name) *name;
typedef struct { CXLSX_EACH(CXLSX_MEMBER) } cxlsx_functions;
#undef CXLSX_MEMBER

// The file name that the loader looks for.
static inline const char *cxlsx_soname(void) { return "libxlsxwriter.so." LXW_SOVERSION; }

// Fills in all functions; what went wrong when the library, or one of them, is not there. The library stays open.
static inline const char *cxlsx_load(cxlsx_functions *functions) {
    void *library = dlopen(cxlsx_soname(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
#define CXLSX_FIND(name) \
    if (!(functions->name = (__typeof__(name) *)dlsym(library, #name))) return "the library has no " #name;
    CXLSX_EACH(CXLSX_FIND)
#undef CXLSX_FIND
    return 0;
}

// A file in memory only, closed when another program is started; negative when there is none. The C library hides its own name for it.
static inline int cxlsx_memory_file(void) { return (int)syscall(SYS_memfd_create, "workbook", 1u); }
