class First {
  public static void main(String[] args) {}
}

class Second extends Missing {
}
