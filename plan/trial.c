/* SPDX-License-Identifier: MIT */
#include "plan/trial.h"

#include "plan/state.h"

struct Trial {
    State *state;
};

Trial *trial_new(const Problem *problem, const Placement *placement)
{
    Trial *trial = g_new(Trial, 1);
    trial->state = state_new(problem, placement);
    return trial;
}

void trial_free(Trial *trial)
{
    if (!trial) {
        return;
    }
    state_free(trial->state);
    g_free(trial);
}

void trial_shift(Trial *trial, int process, int machine)
{
    state_shift(trial->state, process, machine);
}

void trial_resize(Trial *trial, int growth, int size)
{
    state_resize(trial->state, growth, size);
}

int trial_size(const Trial *trial, int growth)
{
    return trial->state->size[growth];
}

Cost trial_cost(const Trial *trial, int64_t *violations)
{
    if (violations) {
        *violations = trial->state->violations;
    }
    return trial->state->cost;
}

void trial_save(const Trial *trial, Placement *placement)
{
    state_save(trial->state, placement);
}
