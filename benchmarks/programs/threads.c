/* Has a number of threads that do little, and says when all are there: threads COUNT */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *doze(void *unused)
{
	const struct timespec tenth = {0, 100000000};
	for (;;)
		nanosleep(&tenth, NULL);
	return unused;
}

int main(int count, char **words)
{
	pthread_attr_t small;
	pthread_t thread;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int left = count > 1 ? atoi(words[1]) : 1; left > 1; left--)
		if (pthread_create(&thread, &small, doze, NULL))
			return 1;
	puts("ready");
	fflush(stdout);
	doze(NULL);
	return 0;
}
