#ifndef TAKEN_NAMES_H
#define TAKEN_NAMES_H
enum conn_state { conn_state_start = 40, conn_at_yield, conn_state_done };
struct step_frame {
    int n;
};
static const int pause_frame = 50, pause_init_any = 60;
#endif
