/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_RANDOM_H
#define PLAN_SOLVER_RANDOM_H

/*
 * Random numbers that are the same everywhere: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA 2014). A state is one word; any value is a good seed.
 */

#include <stdint.h>

typedef uint64_t Random;

/* the next 64 random bits */
static inline uint64_t random_bits(Random *random)
{
    uint64_t z = *random += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* from 0 to n - 1; n from 1 to 2^31 - 1 */
static inline int random_below(Random *random, int n)
{
    return (int)(((random_bits(random) >> 32) * (uint64_t)n) >> 32);
}

/* from 0 up to, not including, 1 */
static inline double random_unit(Random *random)
{
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

#endif
