public class Main {
  static final String POEM = """
      Roses are "red",
        violets\tare \
      blue;
      \""\" end\s
      """;
  public static void main(String[] args) {
    var lines = POEM.lines().toList();
    for (var line : lines) System.out.println("|" + line + "|");
    var sum = 0L;
    for (var i = 0; i < 5; i++) sum += i * 1_000_000_007L + 0x1F + 0b101 + 017 + 'a' + (int) 1e3f;
    System.out.println(sum + "\u0041\0\377" + 0x1.8p1 + Float.MIN_VALUE + Long.MIN_VALUE);
  }
}
