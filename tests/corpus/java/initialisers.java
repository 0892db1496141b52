public class Main {
  static final int CONSTANT = 40 + 2;
  static final String TEXT = "constant " + CONSTANT + (char) 65;
  static final long[] TABLE = new long[300];
  static { for (int i = 0; i < TABLE.length; i++) TABLE[i] = i * (long) i; }
  final int[][] jagged = {{1}, {2, 3}, {}};
  boolean flag = CONSTANT > 3 ? TEXT.isEmpty() : true;
  static int shortened(int a) { a += 3.7; a <<= 33L; a >>>= 1; a ^= ~a | 5 & 3; return a; }
  static boolean lazy(boolean a, boolean b) { return a && !b || b ^ a; }
  static Integer boxed(Integer i, Long l) { return i++ + (int) (long) l; }
  static String joined(Object o, char c, double d, long l) { String s = "" + o + c + d; s += l; return s + null + true + 1f; }
  public static void main(String[] args) {
    System.out.println(TEXT + TABLE[299] + new Main().jagged[1][1] + new Main().flag);
    System.out.println(shortened(7) + " " + lazy(true, false) + boxed(200, 5L) + joined(1, 'x', 2.5, 3L));
  }
}
