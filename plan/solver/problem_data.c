/* SPDX-License-Identifier: MIT */
#include "plan/solver/problem_data.h"

#include <glib.h>

Lists problem_lists(const Pairs *pairs, int n_lists)
{
    const int *from = pairs->from;
    Lists lists = {g_new0(int, n_lists + 1), g_new(int, MAX(pairs->n, 1))};
    for (int i = 0; from && i < pairs->n; i++) {
        lists.first[from[i] + 1]++;
    }
    for (int i = 0; i < n_lists; i++) {
        lists.first[i + 1] += lists.first[i];
    }
    g_autofree int *next = g_memdup2(lists.first, sizeof(int) * (size_t)(n_lists + 1));
    for (int i = 0; from && i < pairs->n; i++) {
        lists.item[next[from[i]]++] = pairs->to ? pairs->to[i] : i;
    }
    return lists;
}
