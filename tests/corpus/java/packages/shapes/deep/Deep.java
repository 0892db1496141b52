package shapes.deep;

import shapes.Shape;

public class Deep {
  private static class Hidden implements Shape { public double area() { return 1; } }
  public double reach() { return new Hidden().area(); }
}
