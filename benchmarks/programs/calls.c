/* Makes one call again and again, or a mix of which few concern files: calls COUNT getppid|read|stat|mix */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void mix(long at)
{
	char byte;
	struct stat about;
	if (at % 1000) {
		syscall(SYS_getppid);
		return;
	}
	int fd = open("/etc/passwd", O_RDONLY);
	fstat(fd, &about);
	read(fd, &byte, 1);
	close(fd);
}

int main(int count, char **words)
{
	long times = count > 2 ? atol(words[1]) : 0;
	const char *call = count > 2 ? words[2] : "";
	char byte;
	struct stat about;
	int fd = open("/dev/zero", O_RDONLY);
	for (long at = 0; at < times; at++) {
		if (!strcmp(call, "getppid"))
			syscall(SYS_getppid);
		else if (!strcmp(call, "read"))
			read(fd, &byte, 1);
		else if (!strcmp(call, "stat"))
			stat("/etc/passwd", &about);
		else
			mix(at);
	}
	return 0;
}
