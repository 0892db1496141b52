# reads more of the system's files than the run may have memory, out of the cache and from the disk again
import os
left = 80 << 20
buffer = bytearray(1 << 20)
for directory, _, names in os.walk("/usr"):
    for name in names:
        path = os.path.join(directory, name)
        if left <= 0 or os.path.islink(path) or os.path.getsize(path) < 1 << 20: continue
        with open(path, "rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while left > 0 and (count := file.readinto(buffer)): left -= count
print("read", left <= 0)
