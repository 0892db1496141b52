import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * javac, kept running. Each request is compiled by what the command javac itself calls, with the
 * arguments of a plain compile, on a thread of its own, in a work directory with nothing in it but
 * the request's files; so what it leaves is what javac leaves. See runner/compile_frames.h for what
 * comes in and goes out, and runner/warm_compiler.h for who asks.
 *
 * It answers with files only where javac ended well and said nothing. At anything that it does not
 * expect it ends: another is started in its place.
 */
final class CompileServer {
  private static final int MOST_FRAME = 32 << 20;
  private static final int OK = 0;
  private static final int ERROR = 1; // In the source; what is above is javac's or this machine's.
  private static final Path WORK = Path.of("");
  private static final Path OWN = Path.of(".server"); // No package is named so: javac never looks.

  private static final class Request {
    long number;
    String[] arguments;
    final List<String> names = new ArrayList<>();
    final List<byte[]> contents = new ArrayList<>();
  }

  /** Arguments: the compiler in whose place it is, and how often it compiles before it is ready. */
  public static void main(String[] arguments) throws Exception {
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    System.setOut(System.err);
    Path home = Path.of(System.getProperty("java.home")).toRealPath();
    if (!Path.of(arguments[0]).toRealPath().startsWith(home)) {
      throw new IOException(arguments[0] + " is not of the Java in " + home);
    }
    warmUp(Integer.parseInt(arguments[1]));
    out.write(answer(0, null));
    DataInputStream in = new DataInputStream(new FileInputStream(FileDescriptor.in));
    for (Request request = read(in); request != null; request = read(in)) {
      out.write(answer(request.number, compileAlone(request)));
    }
  }

  private static Request read(DataInputStream in) throws IOException {
    byte[] head = new byte[4];
    int first = in.read();
    if (first < 0) return null;
    head[0] = (byte) first;
    in.readFully(head, 1, 3);
    int size = numbers(head).getInt();
    if (size < 0 || size > MOST_FRAME) throw new IOException("a frame of " + size + " bytes");
    byte[] body = new byte[size];
    in.readFully(body);
    ByteBuffer fields = numbers(body);
    Request request = new Request();
    request.number = fields.getLong();
    request.arguments = new String[fields.getInt()];
    for (int i = 0; i < request.arguments.length; i++) request.arguments[i] = text(fields);
    for (int left = fields.getInt(); left > 0; left--) {
      request.names.add(text(fields));
      request.contents.add(bytes(fields));
    }
    return request;
  }

  /** Without files: it is to be compiled plainly. */
  private static byte[] answer(long number, List<Path> files) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(numbers(new byte[8]).putLong(number).array());
    body.write(files == null ? 0 : 1);
    body.write(number(files == null ? 0 : files.size()));
    if (files != null) {
      for (Path file : files) {
        append(body, file.toString().getBytes(StandardCharsets.UTF_8));
        append(body, Files.readAllBytes(file));
        if (body.size() > MOST_FRAME) return answer(number, null);
      }
    }
    wipe();
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    append(frame, body.toByteArray());
    return frame.toByteArray();
  }

  /** On its own thread, so that nothing that is kept by thread outlives it. */
  private static List<Path> compileAlone(Request request) throws Exception {
    Object[] result = new Object[1];
    Thread compile = new Thread(() -> {
      try {
        result[0] = compile(request);
      } catch (Throwable failure) {
        result[0] = failure;
      }
    });
    compile.start();
    compile.join();
    if (result[0] instanceof Throwable) throw new Exception((Throwable) result[0]);
    @SuppressWarnings("unchecked")
    List<Path> files = (List<Path>) result[0];
    return files;
  }

  /** What javac left; null: it is to be compiled plainly. */
  private static List<Path> compile(Request request) throws IOException {
    Set<Path> brought = new HashSet<>();
    for (int i = 0; i < request.names.size(); i++) {
      Path file = WORK.resolve(request.names.get(i));
      if (file.getParent() != null) Files.createDirectories(file.getParent());
      Files.write(file, request.contents.get(i));
      brought.add(file);
    }
    StringWriter said = new StringWriter();
    PrintWriter printer = new PrintWriter(said);
    int code = com.sun.tools.javac.Main.compile(request.arguments, printer);
    printer.flush();
    if (code != OK && code != ERROR) throw new IOException("javac ended with " + code);
    return code == OK && said.getBuffer().length() == 0 ? leftBeside(brought) : null;
  }

  private static List<Path> leftBeside(Set<Path> brought) throws IOException {
    List<Path> left = new ArrayList<>();
    Files.walkFileTree(WORK, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes facts) {
        return directory.equals(OWN) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes facts) {
        if (!brought.contains(file)) left.add(file);
        return FileVisitResult.CONTINUE;
      }
    });
    return left;
  }

  private static void wipe() throws IOException {
    Files.walkFileTree(WORK, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes facts) {
        return directory.equals(OWN) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes facts) throws IOException {
        Files.delete(file);
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult postVisitDirectory(Path directory, IOException failure)
          throws IOException {
        if (failure != null) throw failure;
        if (!directory.equals(WORK)) Files.delete(directory);
        return FileVisitResult.CONTINUE;
      }
    });
  }

  private static ByteBuffer numbers(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] number(int value) {
    return numbers(new byte[4]).putInt(value).array();
  }

  private static void append(ByteArrayOutputStream out, byte[] bytes) throws IOException {
    out.write(number(bytes.length));
    out.write(bytes);
  }

  private static byte[] bytes(ByteBuffer fields) throws IOException {
    int size = fields.getInt();
    if (size < 0 || size > fields.remaining()) throw new EOFException("a broken frame");
    byte[] bytes = new byte[size];
    fields.get(bytes);
    return bytes;
  }

  private static String text(ByteBuffer fields) throws IOException {
    return new String(bytes(fields), StandardCharsets.UTF_8);
  }

  /** Compiles what brings most of javac to where it is quick. */
  private static void warmUp(int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      for (String source : SAMPLES) {
        Request request = new Request();
        request.arguments =
            new String[] {"-encoding", "UTF-8", "-proc:none", "-d", ".", "Main.java"};
        request.names.add("Main.java");
        request.contents.add(source.getBytes(StandardCharsets.UTF_8));
        if (compileAlone(request) == null) throw new IOException("javac refuses a sample");
        wipe();
      }
    }
  }

  private static final String[] SAMPLES = {
    String.join("\n",
        "public class Main {",
        "  public static void main(String[] args) {",
        "    System.out.println(\"Hello, world\");",
        "  }",
        "}"),
    String.join("\n",
        "import java.io.*;",
        "import java.util.*;",
        "import java.util.function.*;",
        "import java.util.stream.*;",
        "",
        "interface Shape { double area(); }",
        "",
        "final class Circle implements Shape {",
        "  private final double radius;",
        "  Circle(double radius) { this.radius = radius; }",
        "  @Override public double area() { return Math.PI * radius * radius; }",
        "}",
        "",
        "enum Colour { RED, GREEN { @Override int weight() { return 2; } }; int weight() { return 1; } }",
        "",
        "public class Main {",
        "  static final int LIMIT = 1_000;",
        "  private static <T extends Comparable<T>> T most(Collection<? extends T> all) {",
        "    T best = null;",
        "    for (T one : all) if (best == null || one.compareTo(best) > 0) best = one;",
        "    return best;",
        "  }",
        "  static class Node<K, V> {",
        "    final K key; V value; Node<K, V> next;",
        "    Node(K key, V value) { this.key = key; this.value = value; }",
        "  }",
        "  class Inner { int seen() { return counter + 1; } }",
        "  private int counter;",
        "  static long gcd(long a, long b) { return b == 0 ? a : gcd(b, a % b); }",
        "  static int pick(String word) {",
        "    switch (word) {",
        "      case \"one\": return 1;",
        "      case \"two\": return 2;",
        "      default: return word.length();",
        "    }",
        "  }",
        "  public static void main(String[] args) throws IOException {",
        "    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));",
        "    Map<String, List<Integer>> groups = new TreeMap<>();",
        "    int[][] grid = new int[4][5];",
        "    outer:",
        "    for (int i = 0; i < grid.length; i++) {",
        "      for (int j = 0; j < grid[i].length; ++j) {",
        "        grid[i][j] = i * j << 1;",
        "        if (grid[i][j] > LIMIT) break outer;",
        "      }",
        "    }",
        "    String line;",
        "    while ((line = in.readLine()) != null) {",
        "      StringTokenizer words = new StringTokenizer(line);",
        "      while (words.hasMoreTokens()) {",
        "        String word = words.nextToken();",
        "        groups.computeIfAbsent(word, key -> new ArrayList<>()).add(pick(word));",
        "      }",
        "    }",
        "    Function<Integer, Integer> square = x -> x * x;",
        "    BiFunction<Integer, Integer, Integer> sum = Integer::sum;",
        "    List<String> sorted = groups.entrySet().stream()",
        "        .filter(entry -> entry.getValue().size() > 1)",
        "        .sorted(Comparator.comparing(entry -> -entry.getValue().size()))",
        "        .map(entry -> entry.getKey() + \": \" + square.apply(entry.getValue().size()))",
        "        .collect(Collectors.toList());",
        "    PriorityQueue<long[]> queue = new PriorityQueue<>((a, b) -> Long.compare(a[0], b[0]));",
        "    queue.add(new long[] {gcd(12, 18), 1L});",
        "    Runnable task = new Runnable() {",
        "      @Override public void run() { System.out.println(sorted + \" \" + sum.apply(1, 2)); }",
        "    };",
        "    try (StringWriter text = new StringWriter(); PrintWriter out = new PrintWriter(text)) {",
        "      task.run();",
        "      out.printf(\"%d %s%n\", new Main().new Inner().seen(), Colour.valueOf(\"RED\").weight());",
        "      System.out.print(text);",
        "    } catch (IllegalStateException | UncheckedIOException failure) {",
        "      throw new RuntimeException(\"failed: \" + failure.getMessage(), failure);",
        "    } finally {",
        "      System.out.println(most(List.of(3, 1, 2)) + queue.size() + new Circle(2).area());",
        "    }",
        "    StringBuilder text = new StringBuilder();",
        "    for (char c = 'a'; c <= 'z'; c++) text.append(c).append(c % 2 == 0 ? ',' : ';');",
        "    long bits = IntStream.rangeClosed(1, 10).mapToLong(i -> 1L << i).sum();",
        "    Optional<String> first = sorted.isEmpty() ? Optional.empty() : Optional.of(sorted.get(0));",
        "    System.out.println(text.reverse() + \" \" + bits + first.map(String::trim).orElse(\"none\"));",
        "    do { bits >>>= 1; } while (bits > 0 && !Thread.currentThread().isInterrupted());",
        "    synchronized (queue) { queue.clear(); }",
        "  }",
        "}")
  };
}
