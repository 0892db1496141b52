import java.util.LinkedHashMap;
import java.util.Map;

public class Main {
  static class Größe { final int länge; Größe(int länge) { this.länge = länge; } }
  enum 季节 { 春, 夏, 秋, 冬 }
  static String \u0061pfel = "Äpfel";
  public static void main(String[] args) {
    Map<季节, Größe> карта = new LinkedHashMap<>();
    for (季节 s : 季节.values()) карта.put(s, new Größe(s.ordinal()));
    карта.forEach((k, v) -> System.out.println(k.name().length() + v.länge));
    System.out.println(apfel.length() + "😀".length() + "é".codePointCount(0, 1));
  }
}
