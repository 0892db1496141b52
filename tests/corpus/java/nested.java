import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

public class Main {
  private int secret = 1;

  static class Chain<T> implements Iterable<T> {
    private class Link {
      final T value;
      Link next;
      Link(T value) { this.value = value; }
    }
    private Link first, last;
    private int size;

    void add(T value) {
      Link link = new Link(value);
      if (last == null) first = link; else last.next = link;
      last = link;
      size++;
    }
    @Override public Iterator<T> iterator() {
      return new Iterator<T>() {
        private Link at = first;
        @Override public boolean hasNext() { return at != null; }
        @Override public T next() {
          T value = at.value;
          at = at.next;
          return value;
        }
      };
    }
  }

  class Inner {
    class Innermost {
      int reach() { return secret++ + Main.this.secret; }
    }
  }

  public static void main(String[] args) {
    Chain<String> chain = new Chain<>();
    for (String word : "a b c".split(" ")) chain.add(word);
    List<String> all = new ArrayList<>();
    for (String word : chain) all.add(word + chain.size);
    class Local {
      String twice(String text) { return text + text; }
    }
    System.out.println(new Local().twice(all.toString()) + new Main().new Inner().new Innermost().reach());
    Runnable anonymous = new Runnable() {
      int count;
      { count = all.size(); }
      @Override public void run() { System.out.println(count); }
    };
    anonymous.run();
  }
}
