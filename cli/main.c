/* main.c: the table of commands, and what holds for each of them. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"

extern const command command_check, command_plan, command_draw, command_preview, command_run, command_status,
    command_cat, command_verify, command_replay, command_fit, command_subsample, command_populations,
    command_taxonomy;

const command *const command_table[] = {&command_check,     &command_plan,
                                        &command_draw,      &command_preview,
                                        &command_run,       &command_status,
                                        &command_cat,       &command_verify,
                                        &command_replay,    &command_fit,
                                        &command_subsample, &command_populations,
                                        &command_taxonomy,  NULL};

static void help_print(FILE *to) {
    fputs("populace: a million personas from a description of a population\n\nusage: populace COMMAND ...\n\n",
          to);
    for (const command *const *c = command_table; *c; c++)
        fprintf(to, "  %-12s %s\n", (*c)->name, (*c)->summary);
    fputs("\n`populace COMMAND --help` tells more. Exit status: 0 done, 1 internal, 2 usage or population "
          "file, 3 shortfall or\n"
          "infeasible, 4 budget or time reached, 5 no endpoint usable, 6 directory locked or of another "
          "population, 75 run again.\n",
          to);
}

static int named_go(int argc, char **argv) {
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        printf("populace %s\n", pop_version());
        return 0;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        help_print(stdout);
        return 0;
    }
    for (const command *const *c = command_table; *c; c++)
        if (strcmp(name, (*c)->name) == 0) return (*c)->run(argc - 1, argv + 1);
    say_part("populace: there is no command ", name);
    help_print(stderr);
    return 2;
}

/* A file that is opened must not get the number of a closed stdin, stdout or stderr: what is printed there
 * would stand in it. Read only, so that writing fails as it would have. */
static void standard_files(void) {
    int fd;
    do fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

int main(int argc, char **argv) {
    standard_files();
    /* a reader that went away is a failed write, which each command ends in its own way */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        help_print(stderr);
        return 2;
    }
    return stdout_end(named_go(argc, argv));
}
