public class Main {
  static int step0(int a, String s) { return a; }
  static int step1(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 1;
      else sum -= step0(0, s) > 0 ? 1 : i;
      if (sum > 100000) break;
    }
    return i1 == null ? sum : i1.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i1 = null;
  static int step2(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 2;
      else sum -= step1(0, s) > 0 ? 2 : i;
      if (sum > 100000) break;
    }
    return i2 == null ? sum : i2.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i2 = x -> x + 2;
  static int step3(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 3;
      else sum -= step2(0, s) > 0 ? 3 : i;
      if (sum > 100000) break;
    }
    return i3 == null ? sum : i3.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i3 = null;
  static int step4(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 4;
      else sum -= step3(0, s) > 0 ? 4 : i;
      if (sum > 100000) break;
    }
    return i4 == null ? sum : i4.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i4 = x -> x + 4;
  static int step5(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 5;
      else sum -= step4(0, s) > 0 ? 5 : i;
      if (sum > 100000) break;
    }
    return i5 == null ? sum : i5.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i5 = null;
  static int step6(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 6;
      else sum -= step5(0, s) > 0 ? 6 : i;
      if (sum > 100000) break;
    }
    return i6 == null ? sum : i6.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i6 = x -> x + 6;
  static int step7(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 7;
      else sum -= step6(0, s) > 0 ? 7 : i;
      if (sum > 100000) break;
    }
    return i7 == null ? sum : i7.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i7 = null;
  static int step8(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 8;
      else sum -= step7(0, s) > 0 ? 8 : i;
      if (sum > 100000) break;
    }
    return i8 == null ? sum : i8.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i8 = x -> x + 8;
  static int step9(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 9;
      else sum -= step8(0, s) > 0 ? 9 : i;
      if (sum > 100000) break;
    }
    return i9 == null ? sum : i9.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i9 = null;
  static int step10(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 10;
      else sum -= step9(0, s) > 0 ? 10 : i;
      if (sum > 100000) break;
    }
    return i10 == null ? sum : i10.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i10 = x -> x + 10;
  static int step11(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 11;
      else sum -= step10(0, s) > 0 ? 11 : i;
      if (sum > 100000) break;
    }
    return i11 == null ? sum : i11.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i11 = null;
  static int step12(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 12;
      else sum -= step11(0, s) > 0 ? 12 : i;
      if (sum > 100000) break;
    }
    return i12 == null ? sum : i12.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i12 = x -> x + 12;
  static int step13(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 13;
      else sum -= step12(0, s) > 0 ? 13 : i;
      if (sum > 100000) break;
    }
    return i13 == null ? sum : i13.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i13 = null;
  static int step14(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 14;
      else sum -= step13(0, s) > 0 ? 14 : i;
      if (sum > 100000) break;
    }
    return i14 == null ? sum : i14.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i14 = x -> x + 14;
  static int step15(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 15;
      else sum -= step14(0, s) > 0 ? 15 : i;
      if (sum > 100000) break;
    }
    return i15 == null ? sum : i15.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i15 = null;
  static int step16(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 16;
      else sum -= step15(0, s) > 0 ? 16 : i;
      if (sum > 100000) break;
    }
    return i16 == null ? sum : i16.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i16 = x -> x + 16;
  static int step17(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 17;
      else sum -= step16(0, s) > 0 ? 17 : i;
      if (sum > 100000) break;
    }
    return i17 == null ? sum : i17.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i17 = null;
  static int step18(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 18;
      else sum -= step17(0, s) > 0 ? 18 : i;
      if (sum > 100000) break;
    }
    return i18 == null ? sum : i18.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i18 = x -> x + 18;
  static int step19(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 19;
      else sum -= step18(0, s) > 0 ? 19 : i;
      if (sum > 100000) break;
    }
    return i19 == null ? sum : i19.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i19 = null;
  static int step20(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 20;
      else sum -= step19(0, s) > 0 ? 20 : i;
      if (sum > 100000) break;
    }
    return i20 == null ? sum : i20.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i20 = x -> x + 20;
  static int step21(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 21;
      else sum -= step20(0, s) > 0 ? 21 : i;
      if (sum > 100000) break;
    }
    return i21 == null ? sum : i21.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i21 = null;
  static int step22(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 22;
      else sum -= step21(0, s) > 0 ? 22 : i;
      if (sum > 100000) break;
    }
    return i22 == null ? sum : i22.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i22 = x -> x + 22;
  static int step23(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 23;
      else sum -= step22(0, s) > 0 ? 23 : i;
      if (sum > 100000) break;
    }
    return i23 == null ? sum : i23.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i23 = null;
  static int step24(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 24;
      else sum -= step23(0, s) > 0 ? 24 : i;
      if (sum > 100000) break;
    }
    return i24 == null ? sum : i24.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i24 = x -> x + 24;
  static int step25(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 25;
      else sum -= step24(0, s) > 0 ? 25 : i;
      if (sum > 100000) break;
    }
    return i25 == null ? sum : i25.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i25 = null;
  static int step26(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 26;
      else sum -= step25(0, s) > 0 ? 26 : i;
      if (sum > 100000) break;
    }
    return i26 == null ? sum : i26.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i26 = x -> x + 26;
  static int step27(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 27;
      else sum -= step26(0, s) > 0 ? 27 : i;
      if (sum > 100000) break;
    }
    return i27 == null ? sum : i27.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i27 = null;
  static int step28(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 28;
      else sum -= step27(0, s) > 0 ? 28 : i;
      if (sum > 100000) break;
    }
    return i28 == null ? sum : i28.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i28 = x -> x + 28;
  static int step29(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 29;
      else sum -= step28(0, s) > 0 ? 29 : i;
      if (sum > 100000) break;
    }
    return i29 == null ? sum : i29.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i29 = null;
  static int step30(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 30;
      else sum -= step29(0, s) > 0 ? 30 : i;
      if (sum > 100000) break;
    }
    return i30 == null ? sum : i30.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i30 = x -> x + 30;
  static int step31(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 31;
      else sum -= step30(0, s) > 0 ? 31 : i;
      if (sum > 100000) break;
    }
    return i31 == null ? sum : i31.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i31 = null;
  static int step32(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 32;
      else sum -= step31(0, s) > 0 ? 32 : i;
      if (sum > 100000) break;
    }
    return i32 == null ? sum : i32.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i32 = x -> x + 32;
  static int step33(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 33;
      else sum -= step32(0, s) > 0 ? 33 : i;
      if (sum > 100000) break;
    }
    return i33 == null ? sum : i33.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i33 = null;
  static int step34(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 34;
      else sum -= step33(0, s) > 0 ? 34 : i;
      if (sum > 100000) break;
    }
    return i34 == null ? sum : i34.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i34 = x -> x + 34;
  static int step35(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 35;
      else sum -= step34(0, s) > 0 ? 35 : i;
      if (sum > 100000) break;
    }
    return i35 == null ? sum : i35.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i35 = null;
  static int step36(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 36;
      else sum -= step35(0, s) > 0 ? 36 : i;
      if (sum > 100000) break;
    }
    return i36 == null ? sum : i36.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i36 = x -> x + 36;
  static int step37(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 37;
      else sum -= step36(0, s) > 0 ? 37 : i;
      if (sum > 100000) break;
    }
    return i37 == null ? sum : i37.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i37 = null;
  static int step38(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 38;
      else sum -= step37(0, s) > 0 ? 38 : i;
      if (sum > 100000) break;
    }
    return i38 == null ? sum : i38.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i38 = x -> x + 38;
  static int step39(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 39;
      else sum -= step38(0, s) > 0 ? 39 : i;
      if (sum > 100000) break;
    }
    return i39 == null ? sum : i39.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i39 = null;
  static int step40(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 40;
      else sum -= step39(0, s) > 0 ? 40 : i;
      if (sum > 100000) break;
    }
    return i40 == null ? sum : i40.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i40 = x -> x + 40;
  static int step41(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 41;
      else sum -= step40(0, s) > 0 ? 41 : i;
      if (sum > 100000) break;
    }
    return i41 == null ? sum : i41.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i41 = null;
  static int step42(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 42;
      else sum -= step41(0, s) > 0 ? 42 : i;
      if (sum > 100000) break;
    }
    return i42 == null ? sum : i42.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i42 = x -> x + 42;
  static int step43(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 43;
      else sum -= step42(0, s) > 0 ? 43 : i;
      if (sum > 100000) break;
    }
    return i43 == null ? sum : i43.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i43 = null;
  static int step44(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 44;
      else sum -= step43(0, s) > 0 ? 44 : i;
      if (sum > 100000) break;
    }
    return i44 == null ? sum : i44.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i44 = x -> x + 44;
  static int step45(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 45;
      else sum -= step44(0, s) > 0 ? 45 : i;
      if (sum > 100000) break;
    }
    return i45 == null ? sum : i45.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i45 = null;
  static int step46(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 46;
      else sum -= step45(0, s) > 0 ? 46 : i;
      if (sum > 100000) break;
    }
    return i46 == null ? sum : i46.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i46 = x -> x + 46;
  static int step47(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 47;
      else sum -= step46(0, s) > 0 ? 47 : i;
      if (sum > 100000) break;
    }
    return i47 == null ? sum : i47.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i47 = null;
  static int step48(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 48;
      else sum -= step47(0, s) > 0 ? 48 : i;
      if (sum > 100000) break;
    }
    return i48 == null ? sum : i48.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i48 = x -> x + 48;
  static int step49(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 49;
      else sum -= step48(0, s) > 0 ? 49 : i;
      if (sum > 100000) break;
    }
    return i49 == null ? sum : i49.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i49 = null;
  static int step50(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 50;
      else sum -= step49(0, s) > 0 ? 50 : i;
      if (sum > 100000) break;
    }
    return i50 == null ? sum : i50.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i50 = x -> x + 50;
  static int step51(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 51;
      else sum -= step50(0, s) > 0 ? 51 : i;
      if (sum > 100000) break;
    }
    return i51 == null ? sum : i51.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i51 = null;
  static int step52(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 52;
      else sum -= step51(0, s) > 0 ? 52 : i;
      if (sum > 100000) break;
    }
    return i52 == null ? sum : i52.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i52 = x -> x + 52;
  static int step53(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 53;
      else sum -= step52(0, s) > 0 ? 53 : i;
      if (sum > 100000) break;
    }
    return i53 == null ? sum : i53.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i53 = null;
  static int step54(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 54;
      else sum -= step53(0, s) > 0 ? 54 : i;
      if (sum > 100000) break;
    }
    return i54 == null ? sum : i54.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i54 = x -> x + 54;
  static int step55(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 55;
      else sum -= step54(0, s) > 0 ? 55 : i;
      if (sum > 100000) break;
    }
    return i55 == null ? sum : i55.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i55 = null;
  static int step56(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 56;
      else sum -= step55(0, s) > 0 ? 56 : i;
      if (sum > 100000) break;
    }
    return i56 == null ? sum : i56.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i56 = x -> x + 56;
  static int step57(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 57;
      else sum -= step56(0, s) > 0 ? 57 : i;
      if (sum > 100000) break;
    }
    return i57 == null ? sum : i57.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i57 = null;
  static int step58(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 58;
      else sum -= step57(0, s) > 0 ? 58 : i;
      if (sum > 100000) break;
    }
    return i58 == null ? sum : i58.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i58 = x -> x + 58;
  static int step59(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 59;
      else sum -= step58(0, s) > 0 ? 59 : i;
      if (sum > 100000) break;
    }
    return i59 == null ? sum : i59.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i59 = null;
  static int step60(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 60;
      else sum -= step59(0, s) > 0 ? 60 : i;
      if (sum > 100000) break;
    }
    return i60 == null ? sum : i60.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i60 = x -> x + 60;
  static int step61(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 61;
      else sum -= step60(0, s) > 0 ? 61 : i;
      if (sum > 100000) break;
    }
    return i61 == null ? sum : i61.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i61 = null;
  static int step62(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 62;
      else sum -= step61(0, s) > 0 ? 62 : i;
      if (sum > 100000) break;
    }
    return i62 == null ? sum : i62.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i62 = x -> x + 62;
  static int step63(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 63;
      else sum -= step62(0, s) > 0 ? 63 : i;
      if (sum > 100000) break;
    }
    return i63 == null ? sum : i63.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i63 = null;
  static int step64(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 64;
      else sum -= step63(0, s) > 0 ? 64 : i;
      if (sum > 100000) break;
    }
    return i64 == null ? sum : i64.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i64 = x -> x + 64;
  static int step65(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 65;
      else sum -= step64(0, s) > 0 ? 65 : i;
      if (sum > 100000) break;
    }
    return i65 == null ? sum : i65.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i65 = null;
  static int step66(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 66;
      else sum -= step65(0, s) > 0 ? 66 : i;
      if (sum > 100000) break;
    }
    return i66 == null ? sum : i66.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i66 = x -> x + 66;
  static int step67(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 67;
      else sum -= step66(0, s) > 0 ? 67 : i;
      if (sum > 100000) break;
    }
    return i67 == null ? sum : i67.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i67 = null;
  static int step68(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 68;
      else sum -= step67(0, s) > 0 ? 68 : i;
      if (sum > 100000) break;
    }
    return i68 == null ? sum : i68.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i68 = x -> x + 68;
  static int step69(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 69;
      else sum -= step68(0, s) > 0 ? 69 : i;
      if (sum > 100000) break;
    }
    return i69 == null ? sum : i69.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i69 = null;
  static int step70(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 70;
      else sum -= step69(0, s) > 0 ? 70 : i;
      if (sum > 100000) break;
    }
    return i70 == null ? sum : i70.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i70 = x -> x + 70;
  static int step71(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 71;
      else sum -= step70(0, s) > 0 ? 71 : i;
      if (sum > 100000) break;
    }
    return i71 == null ? sum : i71.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i71 = null;
  static int step72(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 72;
      else sum -= step71(0, s) > 0 ? 72 : i;
      if (sum > 100000) break;
    }
    return i72 == null ? sum : i72.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i72 = x -> x + 72;
  static int step73(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 73;
      else sum -= step72(0, s) > 0 ? 73 : i;
      if (sum > 100000) break;
    }
    return i73 == null ? sum : i73.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i73 = null;
  static int step74(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 74;
      else sum -= step73(0, s) > 0 ? 74 : i;
      if (sum > 100000) break;
    }
    return i74 == null ? sum : i74.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i74 = x -> x + 74;
  static int step75(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 75;
      else sum -= step74(0, s) > 0 ? 75 : i;
      if (sum > 100000) break;
    }
    return i75 == null ? sum : i75.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i75 = null;
  static int step76(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 76;
      else sum -= step75(0, s) > 0 ? 76 : i;
      if (sum > 100000) break;
    }
    return i76 == null ? sum : i76.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i76 = x -> x + 76;
  static int step77(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 77;
      else sum -= step76(0, s) > 0 ? 77 : i;
      if (sum > 100000) break;
    }
    return i77 == null ? sum : i77.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i77 = null;
  static int step78(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 78;
      else sum -= step77(0, s) > 0 ? 78 : i;
      if (sum > 100000) break;
    }
    return i78 == null ? sum : i78.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i78 = x -> x + 78;
  static int step79(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 79;
      else sum -= step78(0, s) > 0 ? 79 : i;
      if (sum > 100000) break;
    }
    return i79 == null ? sum : i79.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i79 = null;
  static int step80(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 80;
      else sum -= step79(0, s) > 0 ? 80 : i;
      if (sum > 100000) break;
    }
    return i80 == null ? sum : i80.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i80 = x -> x + 80;
  static int step81(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 81;
      else sum -= step80(0, s) > 0 ? 81 : i;
      if (sum > 100000) break;
    }
    return i81 == null ? sum : i81.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i81 = null;
  static int step82(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 82;
      else sum -= step81(0, s) > 0 ? 82 : i;
      if (sum > 100000) break;
    }
    return i82 == null ? sum : i82.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i82 = x -> x + 82;
  static int step83(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 83;
      else sum -= step82(0, s) > 0 ? 83 : i;
      if (sum > 100000) break;
    }
    return i83 == null ? sum : i83.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i83 = null;
  static int step84(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 84;
      else sum -= step83(0, s) > 0 ? 84 : i;
      if (sum > 100000) break;
    }
    return i84 == null ? sum : i84.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i84 = x -> x + 84;
  static int step85(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 85;
      else sum -= step84(0, s) > 0 ? 85 : i;
      if (sum > 100000) break;
    }
    return i85 == null ? sum : i85.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i85 = null;
  static int step86(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 86;
      else sum -= step85(0, s) > 0 ? 86 : i;
      if (sum > 100000) break;
    }
    return i86 == null ? sum : i86.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i86 = x -> x + 86;
  static int step87(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 87;
      else sum -= step86(0, s) > 0 ? 87 : i;
      if (sum > 100000) break;
    }
    return i87 == null ? sum : i87.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i87 = null;
  static int step88(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 88;
      else sum -= step87(0, s) > 0 ? 88 : i;
      if (sum > 100000) break;
    }
    return i88 == null ? sum : i88.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i88 = x -> x + 88;
  static int step89(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 89;
      else sum -= step88(0, s) > 0 ? 89 : i;
      if (sum > 100000) break;
    }
    return i89 == null ? sum : i89.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i89 = null;
  static int step90(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 90;
      else sum -= step89(0, s) > 0 ? 90 : i;
      if (sum > 100000) break;
    }
    return i90 == null ? sum : i90.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i90 = x -> x + 90;
  static int step91(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 91;
      else sum -= step90(0, s) > 0 ? 91 : i;
      if (sum > 100000) break;
    }
    return i91 == null ? sum : i91.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i91 = null;
  static int step92(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 92;
      else sum -= step91(0, s) > 0 ? 92 : i;
      if (sum > 100000) break;
    }
    return i92 == null ? sum : i92.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i92 = x -> x + 92;
  static int step93(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 93;
      else sum -= step92(0, s) > 0 ? 93 : i;
      if (sum > 100000) break;
    }
    return i93 == null ? sum : i93.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i93 = null;
  static int step94(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 94;
      else sum -= step93(0, s) > 0 ? 94 : i;
      if (sum > 100000) break;
    }
    return i94 == null ? sum : i94.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i94 = x -> x + 94;
  static int step95(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 95;
      else sum -= step94(0, s) > 0 ? 95 : i;
      if (sum > 100000) break;
    }
    return i95 == null ? sum : i95.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i95 = null;
  static int step96(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 96;
      else sum -= step95(0, s) > 0 ? 96 : i;
      if (sum > 100000) break;
    }
    return i96 == null ? sum : i96.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i96 = x -> x + 96;
  static int step97(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 97;
      else sum -= step96(0, s) > 0 ? 97 : i;
      if (sum > 100000) break;
    }
    return i97 == null ? sum : i97.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i97 = null;
  static int step98(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 98;
      else sum -= step97(0, s) > 0 ? 98 : i;
      if (sum > 100000) break;
    }
    return i98 == null ? sum : i98.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i98 = x -> x + 98;
  static int step99(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 99;
      else sum -= step98(0, s) > 0 ? 99 : i;
      if (sum > 100000) break;
    }
    return i99 == null ? sum : i99.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i99 = null;
  static int step100(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 100;
      else sum -= step99(0, s) > 0 ? 100 : i;
      if (sum > 100000) break;
    }
    return i100 == null ? sum : i100.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i100 = x -> x + 100;
  static int step101(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 101;
      else sum -= step100(0, s) > 0 ? 101 : i;
      if (sum > 100000) break;
    }
    return i101 == null ? sum : i101.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i101 = null;
  static int step102(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 102;
      else sum -= step101(0, s) > 0 ? 102 : i;
      if (sum > 100000) break;
    }
    return i102 == null ? sum : i102.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i102 = x -> x + 102;
  static int step103(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 103;
      else sum -= step102(0, s) > 0 ? 103 : i;
      if (sum > 100000) break;
    }
    return i103 == null ? sum : i103.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i103 = null;
  static int step104(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 104;
      else sum -= step103(0, s) > 0 ? 104 : i;
      if (sum > 100000) break;
    }
    return i104 == null ? sum : i104.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i104 = x -> x + 104;
  static int step105(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 105;
      else sum -= step104(0, s) > 0 ? 105 : i;
      if (sum > 100000) break;
    }
    return i105 == null ? sum : i105.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i105 = null;
  static int step106(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 106;
      else sum -= step105(0, s) > 0 ? 106 : i;
      if (sum > 100000) break;
    }
    return i106 == null ? sum : i106.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i106 = x -> x + 106;
  static int step107(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 107;
      else sum -= step106(0, s) > 0 ? 107 : i;
      if (sum > 100000) break;
    }
    return i107 == null ? sum : i107.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i107 = null;
  static int step108(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 108;
      else sum -= step107(0, s) > 0 ? 108 : i;
      if (sum > 100000) break;
    }
    return i108 == null ? sum : i108.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i108 = x -> x + 108;
  static int step109(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 109;
      else sum -= step108(0, s) > 0 ? 109 : i;
      if (sum > 100000) break;
    }
    return i109 == null ? sum : i109.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i109 = null;
  static int step110(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 110;
      else sum -= step109(0, s) > 0 ? 110 : i;
      if (sum > 100000) break;
    }
    return i110 == null ? sum : i110.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i110 = x -> x + 110;
  static int step111(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 111;
      else sum -= step110(0, s) > 0 ? 111 : i;
      if (sum > 100000) break;
    }
    return i111 == null ? sum : i111.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i111 = null;
  static int step112(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 112;
      else sum -= step111(0, s) > 0 ? 112 : i;
      if (sum > 100000) break;
    }
    return i112 == null ? sum : i112.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i112 = x -> x + 112;
  static int step113(int a, String s) {
    int sum = a;
    for (int i = 0; i < 2; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 113;
      else sum -= step112(0, s) > 0 ? 113 : i;
      if (sum > 100000) break;
    }
    return i113 == null ? sum : i113.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i113 = null;
  static int step114(int a, String s) {
    int sum = a;
    for (int i = 0; i < 3; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 114;
      else sum -= step113(0, s) > 0 ? 114 : i;
      if (sum > 100000) break;
    }
    return i114 == null ? sum : i114.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i114 = x -> x + 114;
  static int step115(int a, String s) {
    int sum = a;
    for (int i = 0; i < 4; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 115;
      else sum -= step114(0, s) > 0 ? 115 : i;
      if (sum > 100000) break;
    }
    return i115 == null ? sum : i115.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i115 = null;
  static int step116(int a, String s) {
    int sum = a;
    for (int i = 0; i < 5; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 116;
      else sum -= step115(0, s) > 0 ? 116 : i;
      if (sum > 100000) break;
    }
    return i116 == null ? sum : i116.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i116 = x -> x + 116;
  static int step117(int a, String s) {
    int sum = a;
    for (int i = 0; i < 6; i++) {
      if ((i ^ a) % 3 == 0) sum += s.charAt(i % s.length()) * 117;
      else sum -= step116(0, s) > 0 ? 117 : i;
      if (sum > 100000) break;
    }
    return i117 == null ? sum : i117.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i117 = null;
  static int step118(int a, String s) {
    int sum = a;
    for (int i = 0; i < 7; i++) {
      if ((i ^ a) % 3 == 1) sum += s.charAt(i % s.length()) * 118;
      else sum -= step117(0, s) > 0 ? 118 : i;
      if (sum > 100000) break;
    }
    return i118 == null ? sum : i118.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i118 = x -> x + 118;
  static int step119(int a, String s) {
    int sum = a;
    for (int i = 0; i < 1; i++) {
      if ((i ^ a) % 3 == 2) sum += s.charAt(i % s.length()) * 119;
      else sum -= step118(0, s) > 0 ? 119 : i;
      if (sum > 100000) break;
    }
    return i119 == null ? sum : i119.apply(sum);
  }
  static java.util.function.Function<Integer, Integer> i119 = null;
  public static void main(String[] args) {
    long all = 0;
    for (int i = 0; i < 10; i++) all += step119(i, "text");
    System.out.println(all);
  }
}
