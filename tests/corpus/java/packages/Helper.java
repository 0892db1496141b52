class Helper {
  static void help() { System.out.println(new Other().toString()); }
}

class Other {
  @Override public String toString() { return "other"; }
}
