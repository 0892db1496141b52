import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

public class Main {
  private static final AtomicLong SUM = new AtomicLong();
  private static int guarded;
  private static synchronized void add() { guarded++; }
  public static void main(String[] args) throws InterruptedException {
    ConcurrentHashMap<Integer, String> seen = new ConcurrentHashMap<>();
    ExecutorService pool = Executors.newFixedThreadPool(4);
    for (int i = 0; i < 100; i++) {
      final int number = i;
      pool.submit(() -> { SUM.addAndGet(number); add(); seen.putIfAbsent(number % 10, "x"); });
    }
    pool.shutdown();
    pool.awaitTermination(30, TimeUnit.SECONDS);
    System.out.println(SUM.get() + " " + guarded + " " + seen.size());
  }
}
